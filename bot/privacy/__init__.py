"""What belongs to a member: to be taken along, to be deleted, and to be left alone."""
