"""What holds for every test."""

import os

# Tests run side by side, each process on its own core; torch's threads would only wait for
# each other. Set before torch is imported, and inherited by the engine processes of the tests.
os.environ.setdefault("OMP_NUM_THREADS", "1")
