// SPDX-License-Identifier: GPL-2.0
/*
 * The importing driver that mainline lacks: nothing there calls virtio_dma_buf_get_uuid(). One ioctl takes a dma-buf and
 * gives back its UUID, or the error that a virtio driver would see.
 */
#include <linux/dma-buf.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/uuid.h>
#include <linux/virtio_dma_buf.h>

#include "crossdev_importer.h"

static long importer_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct crossdev_get_uuid request;
	struct dma_buf *buf;
	uuid_t uuid;
	int err;

	if (cmd != CROSSDEV_IMPORTER_GET_UUID)
		return -ENOTTY;
	if (copy_from_user(&request, (void __user *)arg, sizeof(request)))
		return -EFAULT;
	buf = dma_buf_get(request.fd);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	err = virtio_dma_buf_get_uuid(buf, &uuid);
	dma_buf_put(buf);
	if (err)
		return err;
	export_uuid(request.uuid, &uuid);
	return copy_to_user((void __user *)arg, &request, sizeof(request)) ? -EFAULT : 0;
}

static const struct file_operations importer_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = importer_ioctl,
};

static struct miscdevice importer_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "crossdev-importer",
	.fops = &importer_fops,
};
module_misc_device(importer_device);

MODULE_DESCRIPTION("Asks virtio dma-bufs for their UUID");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(DMA_BUF);
