"""The embedded model: its teachers, its words, its training, its shipped weights."""
