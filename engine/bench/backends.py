"""Which backend serves this machine's CPU best, as an operator would choose it for a row."""

from engine.acceleration.openvino import CAPABILITIES, import_openvino


def quickest_backend() -> str:
    """bfloat16 where the CPU has instructions for it, else float32."""
    capabilities = import_openvino("openvino").Core().get_property("CPU", CAPABILITIES)
    return "openvino-bf16" if "BF16" in capabilities else "openvino"
