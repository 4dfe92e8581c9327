// The main of every test executable where Catch2 is version 2, which brings none.
#define CATCH_CONFIG_MAIN
#include "catch.h"
