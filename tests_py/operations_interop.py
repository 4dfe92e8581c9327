"""Interoperability and halves: what moves tensors elsewhere, or to dtypes too coarse to differ."""

OPERATIONS = []
CALLS = []
WITHOUT_GRADIENT = {}
OTHERS = {
    "torch": "from_dlpack",
    "Tensor": "as_subclass bfloat16 half __array_wrap__ __copy__ __dlpack__ __dlpack_device__",
}
UNKNOWN_TO_PYTORCH = ""
