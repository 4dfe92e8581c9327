"""Creation, conversion and comparison: what has no gradient, and why."""

OPERATIONS = []
CALLS = []
WITHOUT_GRADIENT = {
    "torch": "isclose",
    "Tensor": "isclose",
}
OTHERS = {
    # fresh tensors, and settings
    "torch": "asarray empty_permuted empty_strided frombuffer logspace range scalar_tensor"
    " get_default_device set_default_device set_default_tensor_type"
    # answers that are no tensors
    " allclose equal is_complex is_conj is_distributed is_floating_point is_inference is_neg"
    " is_nonzero is_same_size is_signed is_tensor is_storage can_cast",
    "Tensor": "new new_empty new_empty_strided new_full new_ones new_tensor new_zeros"
    " allclose equal is_complex is_conj is_distributed is_inference is_neg is_nonzero"
    " is_same_size is_signed is_pinned is_shared get_device"
    # functions written in Python, refused where a gradient is required
    " apply_ map_ map2_"
    # refused: there is no GPU
    " cuda pin_memory"
    # memory
    " storage untyped_storage",
}
UNKNOWN_TO_PYTORCH = ""
