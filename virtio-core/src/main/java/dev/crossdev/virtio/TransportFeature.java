package dev.crossdev.virtio;

/** Feature bits that belong to the queue and the transport, whatever the device type (virtio 1.4, Reserved Feature Bits). */
public enum TransportFeature implements FeatureBit {
    NOTIFY_ON_EMPTY(24),
    ANY_LAYOUT(27),
    INDIRECT_DESC(28),
    EVENT_IDX(29),
    VERSION_1(32),
    ACCESS_PLATFORM(33),
    RING_PACKED(34),
    IN_ORDER(35),
    ORDER_PLATFORM(36),
    SR_IOV(37),
    NOTIFICATION_DATA(38),
    NOTIF_CONFIG_DATA(39),
    RING_RESET(40),
    ADMIN_VQ(41),
    SUSPEND(43);

    private final int bit;

    TransportFeature(int bit) {
        this.bit = bit;
    }

    @Override
    public int bit() {
        return bit;
    }
}
