#pragma once

#include <stddef.h>
#include <stdint.h>

// Decoders of a whole file in memory, and an encoder.
//
// Each function returns 0, or -1 with one line of text, ended by 0, in `message`. Whatever a
// library warns of that means damaged or missing data is a failure. No function keeps memory
// after it returns.

enum { IMAGE_MESSAGE_CAPACITY = 256 };

typedef struct {
  uint32_t width;
  uint32_t height;
} image_size;

// The size the file's header declares.
int image_jpeg_size(const uint8_t *bytes, size_t count, image_size *size, char *message);
int image_png_size(const uint8_t *bytes, size_t count, image_size *size, char *message);

// Writes [height, width, 3] samples, red first, 8 bits each, to `pixels`. `size` must be what the
// header declares. Alpha is dropped, 16-bit samples lose their low byte, CMYK is taken as Adobe
// stores it, inverted. A JPEG of more than `scan_limit` scans is refused.
int image_jpeg_decode(const uint8_t *bytes, size_t count, image_size size, int scan_limit,
                      uint8_t *pixels, char *message);
int image_png_decode(const uint8_t *bytes, size_t count, image_size size, uint8_t *pixels,
                     char *message);

// Writes a PNG of [height, width, 3] samples into `file`, of `*count` bytes, and sets `*count` to
// the bytes used. `image_png_encoded_bound` bytes suffice, whatever the pixels.
size_t image_png_encoded_bound(image_size size);
int image_png_encode(const uint8_t *pixels, image_size size, uint8_t *file, size_t *count,
                     char *message);
