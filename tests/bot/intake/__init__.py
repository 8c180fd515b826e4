"""Tests of taking pictures in; phone.heic is ours: quadrants() in HEVC, orientation 6, with GPS."""
