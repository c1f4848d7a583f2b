#pragma once

#include "activations.h"
#include "cells.h"
#include "convolution.h"
#include "fma_probe.h"
#include "half_precision.h"
#include "process_memory.h"
#include "simd_level.h"
#include "spin.h"
#include "threads.h"
#include "winograd.h"
