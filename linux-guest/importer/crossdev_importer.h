/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* The one call of /dev/crossdev-importer. */
#ifndef CROSSDEV_IMPORTER_H
#define CROSSDEV_IMPORTER_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct crossdev_get_uuid {
	__s32 fd;       /* in: a dma-buf */
	__u32 pad;
	__u8 uuid[16];  /* out: as virtio_dma_buf_get_uuid gave it */
};

#define CROSSDEV_IMPORTER_GET_UUID _IOWR('x', 0, struct crossdev_get_uuid)

#endif
