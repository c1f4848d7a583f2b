#include "cells.h"

#define NAME(x) x##_plain
#include "cells.inc.h"
