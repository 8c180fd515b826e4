"""Tests of what the images, the units and the monitoring are made of."""
