"""What a note is, and how sound becomes notes. Knows neither the window nor the trainer."""

import os

# ONNX Runtime tells its maker of its use from the moment it is loaded, and keeps a number for the
# machine in the user's cache, unless it is told before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
