// SPDX-License-Identifier: Apache-2.0
/*
 * Drives the guest's virtio-gpu through the kernel's own interface, one command a line, and says what came of it, one line
 * each: "crossdev: <command> key=value ..." or "crossdev: <command> failed=<errno> ...". Commands are read from the given
 * terminal, which is the harness's end of a serial port. Times are of the guest's own monotonic clock, in microseconds.
 *
 *   dumb W H                  a dumb buffer -> bo handle pitch size
 *   blob W H FLAGS            RESOURCE_CREATE_BLOB of guest memory -> bo handle pitch size us
 *   export BO                 PRIME export -> fd us
 *   uuid BO                   virtio_dma_buf_get_uuid of the exported fd -> uuid us
 *   register BO               both, one right after the other -> uuid export_us get_uuid_us
 *   fill BO BYTE              writes every byte through a mapping
 *   digest BO                 CRC-32 of every byte as the CPU sees it -> crc32 bytes
 *   show BO W H               makes it a framebuffer and sets it on the first connector
 *   flush                     DIRTYFB of what is shown
 *   unexport BO, drop BO      close the dma-buf; close the handle
 *   features                  what the driver says of the device
 *   burst N W H               N dumb buffers, each registered and dropped -> one line each
 *   trace on|off|print        tracepoints of virtio_gpu; print gives "crossdev: trace <line>"
 *   poweroff
 */
#include <drm.h>
#include <drm_fourcc.h>
#include <drm_mode.h>
#include <virtgpu_drm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "importer/crossdev_importer.h"

#define TRACING "/sys/kernel/tracing/"
#define MAX_BUFFERS 1024

struct buffer {
	uint32_t handle;
	uint32_t pitch;
	uint64_t size;
	int fd;
	int blob;
};

static FILE *terminal;
static int card, importer;
static struct buffer buffers[MAX_BUFFERS];
static unsigned int count;
static uint32_t shown_fb, shown_crtc;

static void say(const char *format, ...)
{
	va_list args;

	fputs("crossdev: ", terminal);
	va_start(args, format);
	vfprintf(terminal, format, args);
	va_end(args);
	fputc('\n', terminal);
	fflush(terminal);
}

static int failed(const char *what, unsigned int bo)
{
	int error = errno;

	say("%s bo=%u failed=%d reason=\"%s\"", what, bo, error, strerror(error));
	return -1;
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ull + now.tv_nsec / 1000;
}

static struct buffer *buffer_of(const char *what, unsigned int bo)
{
	if (bo < count && buffers[bo].size)
		return &buffers[bo];
	errno = EBADF;
	failed(what, bo);
	return NULL;
}

static struct buffer *new_buffer(const char *what)
{
	if (count == MAX_BUFFERS) {
		errno = ENOSPC;
		failed(what, count);
		return NULL;
	}
	memset(&buffers[count], 0, sizeof(buffers[count]));
	buffers[count].fd = -1;
	return &buffers[count];
}

static struct buffer *dumb(uint32_t width, uint32_t height)
{
	struct drm_mode_create_dumb create = {.width = width, .height = height, .bpp = 32};
	struct buffer *buffer = new_buffer("dumb");

	if (!buffer)
		return NULL;
	if (ioctl(card, DRM_IOCTL_MODE_CREATE_DUMB, &create)) {
		failed("dumb", count);
		return NULL;
	}
	buffer->handle = create.handle;
	buffer->pitch = create.pitch;
	buffer->size = create.size;
	count++;
	return buffer;
}

static void blob(uint32_t width, uint32_t height, uint32_t flags)
{
	struct drm_virtgpu_resource_create_blob create = {
		.blob_mem = VIRTGPU_BLOB_MEM_GUEST, .blob_flags = flags, .size = (uint64_t)width * height * 4};
	struct buffer *buffer = new_buffer("blob");
	uint64_t before = now_us();

	if (!buffer)
		return;
	if (ioctl(card, DRM_IOCTL_VIRTGPU_RESOURCE_CREATE_BLOB, &create)) {
		failed("blob", count);
		return;
	}
	buffer->handle = create.bo_handle;
	buffer->pitch = width * 4;
	buffer->size = (uint64_t)width * height * 4;
	buffer->blob = 1;
	say("blob bo=%u handle=%u resource=%u pitch=%u size=%llu us=%llu", count, create.bo_handle, create.res_handle,
	    buffer->pitch, (unsigned long long)buffer->size, (unsigned long long)(now_us() - before));
	count++;
}

/* Microseconds, or -1. */
static int64_t export(const char *what, unsigned int bo)
{
	struct buffer *buffer = buffer_of(what, bo);
	struct drm_prime_handle prime = {.flags = O_RDWR | O_CLOEXEC};
	uint64_t before;

	if (!buffer)
		return -1;
	prime.handle = buffer->handle;
	before = now_us();
	if (ioctl(card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime))
		return failed(what, bo);
	before = now_us() - before;
	if (buffer->fd >= 0)
		close(buffer->fd);
	buffer->fd = prime.fd;
	return before;
}

/* Microseconds, or -1. */
static int64_t get_uuid(const char *what, unsigned int bo, char text[37])
{
	struct buffer *buffer = buffer_of(what, bo);
	struct crossdev_get_uuid request = {0};
	uint64_t before;
	int i, at = 0, error;

	if (!buffer)
		return -1;
	request.fd = buffer->fd;
	before = now_us();
	error = ioctl(importer, CROSSDEV_IMPORTER_GET_UUID, &request) ? errno : 0;
	before = now_us() - before;
	if (error) {
		say("%s bo=%u failed=%d us=%llu reason=\"%s\"", what, bo, error, (unsigned long long)before,
		    strerror(error));
		return -1;
	}
	for (i = 0; i < 16; i++)
		at += sprintf(text + at, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", request.uuid[i]);
	return before;
}

static void register_bo(const char *what, unsigned int bo)
{
	char uuid[37];
	int64_t exported = export(what, bo), got;

	if (exported < 0)
		return;
	got = get_uuid(what, bo, uuid);
	if (got >= 0)
		say("%s bo=%u uuid=%s export_us=%lld get_uuid_us=%lld", what, bo, uuid, (long long)exported, (long long)got);
}

static uint8_t *map(const char *what, unsigned int bo)
{
	struct buffer *buffer = buffer_of(what, bo);
	struct drm_mode_map_dumb dumb = {0};
	struct drm_virtgpu_map blob = {0};
	uint8_t *bytes;

	if (!buffer)
		return NULL;
	dumb.handle = buffer->handle;
	blob.handle = buffer->handle;
	if (buffer->blob ? ioctl(card, DRM_IOCTL_VIRTGPU_MAP, &blob) : ioctl(card, DRM_IOCTL_MODE_MAP_DUMB, &dumb)) {
		failed(what, bo);
		return NULL;
	}
	bytes = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, card, buffer->blob ? blob.offset : dumb.offset);
	if (bytes == MAP_FAILED) {
		failed(what, bo);
		return NULL;
	}
	return bytes;
}

static void fill(unsigned int bo, int byte)
{
	uint8_t *bytes = map("fill", bo);

	if (!bytes)
		return;
	memset(bytes, byte, buffers[bo].size);
	munmap(bytes, buffers[bo].size);
	say("fill bo=%u bytes=%llu", bo, (unsigned long long)buffers[bo].size);
}

/* The CRC-32 of zip, PNG and java.util.zip.CRC32. */
static void digest(unsigned int bo)
{
	uint8_t *bytes = map("digest", bo);
	uint32_t table[256], crc = ~0u;
	uint64_t i;

	if (!bytes)
		return;
	for (i = 0; i < 256; i++) {
		uint32_t value = i;
		int bit;

		for (bit = 0; bit < 8; bit++)
			value = value & 1 ? value >> 1 ^ 0xedb88320u : value >> 1;
		table[i] = value;
	}
	for (i = 0; i < buffers[bo].size; i++)
		crc = table[(crc ^ bytes[i]) & 0xff] ^ crc >> 8;
	munmap(bytes, buffers[bo].size);
	say("digest bo=%u crc32=%08x bytes=%llu", bo, ~crc, (unsigned long long)buffers[bo].size);
}

static void show(unsigned int bo, uint32_t width, uint32_t height)
{
	struct buffer *buffer = buffer_of("show", bo);
	uint32_t crtc_id = 0, connector_id = 0;
	struct drm_mode_modeinfo modes[64], mode;
	struct drm_mode_card_res resources = {.crtc_id_ptr = (uintptr_t)&crtc_id, .count_crtcs = 1,
					      .connector_id_ptr = (uintptr_t)&connector_id, .count_connectors = 1};
	struct drm_mode_get_connector connector = {0};
	struct drm_mode_fb_cmd2 fb = {.width = width, .height = height, .pixel_format = DRM_FORMAT_XRGB8888};
	struct drm_mode_crtc crtc = {.count_connectors = 1, .mode_valid = 1};
	unsigned int i;

	if (!buffer)
		return;
	/* Once for the kernel to look what is plugged in, once for the modes. */
	if (ioctl(card, DRM_IOCTL_MODE_GETRESOURCES, &resources)) {
		failed("show", bo);
		return;
	}
	connector.connector_id = connector_id;
	if (ioctl(card, DRM_IOCTL_MODE_GETCONNECTOR, &connector)) {
		failed("show", bo);
		return;
	}
	if (connector.count_modes > 64)
		connector.count_modes = 64;
	connector.modes_ptr = (uintptr_t)modes;
	connector.count_props = 0;
	connector.count_encoders = 0;
	if (ioctl(card, DRM_IOCTL_MODE_GETCONNECTOR, &connector)) {
		failed("show", bo);
		return;
	}
	for (i = 0; i < connector.count_modes && i < 64; i++)
		if (modes[i].hdisplay == width && modes[i].vdisplay == height)
			break;
	if (i == connector.count_modes || i == 64) {
		errno = ENOENT;
		failed("show", bo);
		return;
	}
	mode = modes[i];
	fb.handles[0] = buffer->handle;
	fb.pitches[0] = buffer->pitch;
	if (ioctl(card, DRM_IOCTL_MODE_ADDFB2, &fb)) {
		failed("show", bo);
		return;
	}
	crtc.crtc_id = crtc_id;
	crtc.fb_id = fb.fb_id;
	crtc.set_connectors_ptr = (uintptr_t)&connector_id;
	crtc.mode = mode;
	if (ioctl(card, DRM_IOCTL_MODE_SETCRTC, &crtc)) {
		failed("show", bo);
		return;
	}
	shown_fb = fb.fb_id;
	shown_crtc = crtc_id;
	say("show bo=%u fb=%u crtc=%u mode=%s", bo, shown_fb, shown_crtc, mode.name);
}

static void flush(void)
{
	struct drm_mode_fb_dirty_cmd dirty = {.fb_id = shown_fb};

	if (ioctl(card, DRM_IOCTL_MODE_DIRTYFB, &dirty))
		failed("flush", 0);
	else
		say("flush fb=%u", shown_fb);
}

static int unexport(unsigned int bo)
{
	struct buffer *buffer = buffer_of("unexport", bo);

	if (!buffer)
		return -1;
	if (buffer->fd >= 0)
		close(buffer->fd);
	buffer->fd = -1;
	return 0;
}

static int drop(unsigned int bo)
{
	struct buffer *buffer = buffer_of("drop", bo);
	struct drm_gem_close gem = {0};

	if (!buffer)
		return -1;
	gem.handle = buffer->handle;
	if (ioctl(card, DRM_IOCTL_GEM_CLOSE, &gem))
		return failed("drop", bo);
	return 0;
}

static void burst(unsigned int times, uint32_t width, uint32_t height)
{
	while (times--) {
		if (!dumb(width, height))
			return;
		register_bo("burst", count - 1);
		if (unexport(count - 1) || drop(count - 1))
			return;
		count--;
	}
	say("burst done=1");
}

static void features(void)
{
	static const struct {
		const char *name;
		uint64_t number;
	} all[] = {{"3d", VIRTGPU_PARAM_3D_FEATURES}, {"blob", VIRTGPU_PARAM_RESOURCE_BLOB},
		   {"cross_device", VIRTGPU_PARAM_CROSS_DEVICE}};
	int values[3] = {-1, -1, -1};
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct drm_virtgpu_getparam get = {.param = all[i].number, .value = (uintptr_t)&values[i]};

		if (ioctl(card, DRM_IOCTL_VIRTGPU_GETPARAM, &get))
			values[i] = -1;
	}
	say("features 3d=%d blob=%d cross_device=%d", values[0], values[1], values[2]);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	int ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok ? 0 : -1;
}

static void trace(const char *what)
{
	char line[512];
	FILE *file;

	if (!strcmp(what, "print")) {
		file = fopen(TRACING "trace", "r");
		while (file && fgets(line, sizeof(line), file)) {
			line[strcspn(line, "\n")] = 0;
			if (strstr(line, "virtio_gpu_cmd_"))
				say("trace %s", line);
		}
		if (file)
			fclose(file);
		say("trace done=1");
	} else if (write_file(TRACING "events/virtio_gpu/enable", strcmp(what, "on") ? "0" : "1") ||
		   (!strcmp(what, "on") && write_file(TRACING "trace", ""))) {
		failed("trace", 0);
	} else {
		say("trace %s=1", what);
	}
}

static void obey(char *line)
{
	char word[16] = "", text[37], argument[16] = "";
	unsigned int a = 0, b = 0, c = 0;
	int64_t us;

	sscanf(line, "%15s", word);
	sscanf(line, "%*s %u %u %u", &a, &b, &c);
	sscanf(line, "%*s %15s", argument);
	if (!strcmp(word, "dumb")) {
		struct buffer *made = dumb(a, b);

		if (made)
			say("dumb bo=%u handle=%u pitch=%u size=%llu", count - 1, made->handle, made->pitch,
			    (unsigned long long)made->size);
	} else if (!strcmp(word, "blob")) {
		blob(a, b, c);
	} else if (!strcmp(word, "export")) {
		us = export("export", a);
		if (us >= 0)
			say("export bo=%u fd=%d us=%lld", a, buffers[a].fd, (long long)us);
	} else if (!strcmp(word, "uuid")) {
		us = get_uuid("uuid", a, text);
		if (us >= 0)
			say("uuid bo=%u uuid=%s us=%lld", a, text, (long long)us);
	} else if (!strcmp(word, "register")) {
		register_bo("register", a);
	} else if (!strcmp(word, "fill")) {
		fill(a, b);
	} else if (!strcmp(word, "digest")) {
		digest(a);
	} else if (!strcmp(word, "show")) {
		show(a, b, c);
	} else if (!strcmp(word, "flush")) {
		flush();
	} else if (!strcmp(word, "unexport")) {
		if (!unexport(a))
			say("unexport bo=%u", a);
	} else if (!strcmp(word, "drop")) {
		if (!drop(a))
			say("drop bo=%u", a);
	} else if (!strcmp(word, "burst")) {
		burst(a, b, c);
	} else if (!strcmp(word, "features")) {
		features();
	} else if (!strcmp(word, "trace")) {
		trace(argument);
	} else if (!strcmp(word, "poweroff")) {
		say("poweroff");
		tcdrain(fileno(terminal));
		sync();
		reboot(RB_POWER_OFF);
	} else if (word[0]) {
		errno = ENOSYS;
		failed(word, 0);
	}
}

int main(int argc, char **argv)
{
	char line[256];
	struct termios raw;

	if (argc != 2 || !(terminal = fopen(argv[1], "r+")))
		return 2;
	if (!tcgetattr(fileno(terminal), &raw)) {
		cfmakeraw(&raw);
		cfsetspeed(&raw, B115200);
		tcsetattr(fileno(terminal), TCSANOW, &raw);
	}
	card = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);
	if (card < 0)
		failed("card", 0);
	importer = open("/dev/crossdev-importer", O_RDWR | O_CLOEXEC);
	if (importer < 0)
		failed("importer", 0);
	say("ready uptime_us=%llu", (unsigned long long)now_us());
	while (fgets(line, sizeof(line), terminal)) {
		/* Output must not start where input ended. */
		fseek(terminal, 0, SEEK_CUR);
		obey(line);
	}
	return 0;
}
