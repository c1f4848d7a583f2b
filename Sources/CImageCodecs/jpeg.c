#include "CImageCodecs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

struct decoder {
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  const uint8_t *bytes;
  size_t count;
  image_size size;
  int scan_limit;
  uint8_t *pixels;
  char *message;
};

static void fail(struct decoder *decoder, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(decoder->message, IMAGE_MESSAGE_CAPACITY, format, arguments);
  va_end(arguments);
  longjmp(decoder->escape, 1);
}

static void report(j_common_ptr info) {
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  fail(info->client_data, "%s", text);
}

static void report_warning(j_common_ptr info, int level) {
  int code = info->err->msg_code;
  int harmless = code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM;
  if (level < 0 && !harmless) report(info);
}

static void count_scans(j_common_ptr info) {
  struct decoder *decoder = info->client_data;
  if (decoder->info.input_scan_number > decoder->scan_limit) {
    fail(decoder, "more than %d scans", decoder->scan_limit);
  }
}

static void read_header(struct decoder *decoder) {
  struct jpeg_decompress_struct *info = &decoder->info;
  jpeg_create_decompress(info);
  jpeg_mem_src(info, decoder->bytes, decoder->count);
  jpeg_read_header(info, TRUE);
}

static void read_size(struct decoder *decoder) {
  read_header(decoder);
  decoder->size = (image_size){decoder->info.image_width, decoder->info.image_height};
}

// One row of inverted CMYK, the way OpenCV turns it into RGB.
static void rgb_from_cmyk(const uint8_t *cmyk, uint8_t *rgb, uint32_t width) {
  for (uint32_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
    int black = cmyk[3];
    for (int channel = 0; channel < 3; channel++) {
      rgb[channel] = (uint8_t)(black - (((255 - cmyk[channel]) * black) >> 8));
    }
  }
}

static void read_pixels(struct decoder *decoder) {
  struct jpeg_decompress_struct *info = &decoder->info;
  read_header(decoder);
  int is_cmyk = info->num_components == 4;
  info->out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
  info->progress = &decoder->progress;
  jpeg_start_decompress(info);
  uint32_t width = info->output_width;
  if (width != decoder->size.width || info->output_height != decoder->size.height) {
    fail(decoder, "not of the size asked for");
  }
  JSAMPARRAY cmyk = NULL;
  if (is_cmyk) {
    cmyk = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, width * 4, 1);
  }
  while (info->output_scanline < info->output_height) {
    JSAMPROW rgb = decoder->pixels + (size_t)info->output_scanline * width * 3;
    jpeg_read_scanlines(info, is_cmyk ? cmyk : &rgb, 1);
    if (is_cmyk) rgb_from_cmyk(cmyk[0], rgb, width);
  }
  jpeg_finish_decompress(info);
}

static int run(struct decoder *decoder, void (*work)(struct decoder *)) {
  decoder->info.err = jpeg_std_error(&decoder->errors);
  decoder->info.client_data = decoder;
  decoder->errors.error_exit = report;
  decoder->errors.emit_message = report_warning;
  decoder->progress.progress_monitor = count_scans;
  if (setjmp(decoder->escape)) {
    jpeg_destroy_decompress(&decoder->info);
    return -1;
  }
  work(decoder);
  jpeg_destroy_decompress(&decoder->info);
  return 0;
}

int image_jpeg_size(const uint8_t *bytes, size_t count, image_size *size, char *message) {
  struct decoder decoder = {.bytes = bytes, .count = count, .message = message};
  int status = run(&decoder, read_size);
  *size = decoder.size;
  return status;
}

int image_jpeg_decode(const uint8_t *bytes, size_t count, image_size size, int scan_limit,
                      uint8_t *pixels, char *message) {
  struct decoder decoder = {
      .bytes = bytes,
      .count = count,
      .size = size,
      .scan_limit = scan_limit,
      .pixels = pixels,
      .message = message,
  };
  return run(&decoder, read_pixels);
}
