"""Settings and switches: nothing that computes, so nothing that has a gradient."""

OPERATIONS = []
CALLS = []
WITHOUT_GRADIENT = {}
OTHERS = {
    "torch": "are_deterministic_algorithms_enabled compile compiled_with_cxx11_abi"
    " get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype get_default_device"
    " get_deterministic_debug_mode get_device_module get_float32_matmul_precision"
    " get_num_interop_threads install_as_torch is_autocast_cache_enabled is_autocast_cpu_enabled"
    " is_autocast_enabled is_deterministic_algorithms_warn_only_enabled is_warn_always_enabled"
    " set_autocast_cache_enabled set_autocast_dtype set_autocast_enabled set_default_device"
    " set_deterministic_debug_mode set_float32_matmul_precision set_flush_denormal"
    " set_num_interop_threads set_warn_always use_deterministic_algorithms",
}
UNKNOWN_TO_PYTORCH = ""
