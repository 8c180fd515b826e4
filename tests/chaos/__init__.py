"""Many members, and everything going wrong: what was promised still holds afterwards."""
