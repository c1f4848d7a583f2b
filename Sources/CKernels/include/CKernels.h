#pragma once

#include "convolution.h"
#include "simd_level.h"
