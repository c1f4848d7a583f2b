#include "CImageCodecs.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

struct decoder {
  png_structp png;
  png_infop info;
  const uint8_t *bytes;
  size_t count;
  image_size size;
  uint8_t *pixels;
  char *message;
};

static void report(png_structp png, png_const_charp text) {
  struct decoder *decoder = png_get_error_ptr(png);
  snprintf(decoder->message, IMAGE_MESSAGE_CAPACITY, "%s", text);
  png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void take_bytes(png_structp png, png_bytep target, size_t count) {
  struct decoder *decoder = png_get_io_ptr(png);
  if (count > decoder->count) png_error(png, "the file ends too early");
  memcpy(target, decoder->bytes, count);
  decoder->bytes += count;
  decoder->count -= count;
}

static void read_header(struct decoder *decoder) {
  png_structp png = decoder->png;
  png_set_read_fn(png, decoder, take_bytes);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // Texts and colour profiles are stepped over, so that none is unpacked or found fault with.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(png, decoder->info);
}

static void read_size(struct decoder *decoder) {
  read_header(decoder);
  decoder->size.width = png_get_image_width(decoder->png, decoder->info);
  decoder->size.height = png_get_image_height(decoder->png, decoder->info);
}

static void read_pixels(struct decoder *decoder) {
  png_structp png = decoder->png;
  read_header(decoder);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_palette_to_rgb(png);
  png_set_expand_gray_1_2_4_to_8(png);
  png_set_gray_to_rgb(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, decoder->info);
  size_t row_bytes = (size_t)decoder->size.width * 3;
  if (png_get_rowbytes(png, decoder->info) != row_bytes ||
      png_get_image_height(png, decoder->info) != decoder->size.height) {
    png_error(png, "not of the size asked for");
  }
  for (int pass = 0; pass < passes; pass++) {
    for (uint32_t y = 0; y < decoder->size.height; y++) {
      png_read_row(png, decoder->pixels + y * row_bytes, NULL);
    }
  }
  png_read_end(png, NULL);
}

static int run(struct decoder *decoder, void (*work)(struct decoder *)) {
  snprintf(decoder->message, IMAGE_MESSAGE_CAPACITY, "libpng cannot be started");
  decoder->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, decoder, report, ignore_warning);
  if (decoder->png) decoder->info = png_create_info_struct(decoder->png);
  if (!decoder->info || setjmp(png_jmpbuf(decoder->png))) {
    png_destroy_read_struct(&decoder->png, &decoder->info, NULL);
    return -1;
  }
  work(decoder);
  png_destroy_read_struct(&decoder->png, &decoder->info, NULL);
  return 0;
}

int image_png_size(const uint8_t *bytes, size_t count, image_size *size, char *message) {
  struct decoder decoder = {.bytes = bytes, .count = count, .message = message};
  int status = run(&decoder, read_size);
  *size = decoder.size;
  return status;
}

int image_png_decode(const uint8_t *bytes, size_t count, image_size size, uint8_t *pixels,
                     char *message) {
  struct decoder decoder = {
      .bytes = bytes, .count = count, .size = size, .pixels = pixels, .message = message};
  return run(&decoder, read_pixels);
}

static png_image rgb_image(image_size size) {
  return (png_image){
      .version = PNG_IMAGE_VERSION,
      .width = size.width,
      .height = size.height,
      .format = PNG_FORMAT_RGB,
  };
}

size_t image_png_encoded_bound(image_size size) {
  png_image image = rgb_image(size);
  return PNG_IMAGE_PNG_SIZE_MAX(image);
}

int image_png_encode(const uint8_t *pixels, image_size size, uint8_t *file, size_t *count,
                     char *message) {
  png_image image = rgb_image(size);
  if (png_image_write_to_memory(&image, file, count, 0, pixels, 0, NULL)) return 0;
  snprintf(message, IMAGE_MESSAGE_CAPACITY, "%s", image.message);
  return -1;
}
