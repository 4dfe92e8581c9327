"""The instructor's side: strangers' C++ is built, run and graded in a sandbox; grades are kept."""
