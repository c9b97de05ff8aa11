package dev.crossdev.service.vhostuser;

/** Protocol features that this back end has; by bit number. */
enum ProtocolFeature {
    MQ(0),
    REPLY_ACK(3),
    BACKEND_REQ(5),
    CONFIG(9),
    RESET_DEVICE(13),
    CONFIGURE_MEM_SLOTS(15),
    /** 18 in every release; the first patches had 17. */
    SHARED_OBJECT(18);

    /** The virtio feature bit that says that there are protocol features at all. */
    static final int VIRTIO_BIT = 30;

    private final int bit;

    ProtocolFeature(int bit) {
        this.bit = bit;
    }

    long mask() {
        return 1L << bit;
    }

    boolean isIn(long features) {
        return (features & mask()) != 0;
    }

    static long all() {
        long all = 0;
        for (ProtocolFeature feature : values()) {
            all |= feature.mask();
        }
        return all;
    }
}
