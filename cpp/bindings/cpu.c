// Which instruction-set levels this CPU runs, asked by code that every CPU of the family runs.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

// ("x86-64-v4", "x86-64-v3", "baseline"), the best first; only those that this CPU runs.
static PyObject* levels(PyObject* self, PyObject* unused) {
  (void)self;
  (void)unused;
  PyObject* names = PyList_New(0);
  if (!names) return NULL;
  int v4 = 0, v3 = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
       __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
       __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("sse4.2");
  v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
       __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vnni");
#endif
  const char* found[] = {v4 ? "x86-64-v4" : NULL, v3 ? "x86-64-v3" : NULL, "baseline"};
  for (int i = 0; i < 3; ++i) {
    if (!found[i]) continue;
    PyObject* name = PyUnicode_FromString(found[i]);
    if (!name || PyList_Append(names, name) < 0) {
      Py_XDECREF(name);
      Py_DECREF(names);
      return NULL;
    }
    Py_DECREF(name);
  }
  PyObject* result = PyList_AsTuple(names);
  Py_DECREF(names);
  return result;
}

static PyMethodDef methods[] = {
    {"levels", levels, METH_NOARGS, "The instruction-set levels this CPU runs, the best first."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_cpu", NULL, 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__cpu(void) { return PyModule_Create(&module); }
