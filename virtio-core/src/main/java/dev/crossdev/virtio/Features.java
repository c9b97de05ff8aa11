package dev.crossdev.virtio;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A set of feature bits, as offered by a device or accepted by a driver.
 *
 * @param bits bit n set means feature n
 */
public record Features(long bits) {

    public static final Features NONE = new Features(0);

    public static Features of(FeatureBit... features) {
        long bits = 0;
        for (FeatureBit feature : features) {
            bits |= feature.mask();
        }
        return new Features(bits);
    }

    public boolean has(int bit) {
        if (bit < 0 || bit >= Long.SIZE) {
            throw new IndexOutOfBoundsException("feature bit " + bit);
        }
        return (bits & 1L << bit) != 0;
    }

    public boolean has(FeatureBit feature) {
        return has(feature.bit());
    }

    public boolean containsAll(Features other) {
        return (bits & other.bits) == other.bits;
    }

    public boolean isEmpty() {
        return bits == 0;
    }

    public Features and(Features other) {
        return new Features(bits & other.bits);
    }

    public Features or(Features other) {
        return new Features(bits | other.bits);
    }

    public Features minus(Features other) {
        return new Features(bits & ~other.bits);
    }

    public Features with(FeatureBit feature) {
        return new Features(bits | feature.mask());
    }

    public Features without(FeatureBit feature) {
        return new Features(bits & ~feature.mask());
    }

    /**
     * Those of the device type, without the ones that say how queues and transport work (virtio 1.4, Feature Bits: 24 to 49).
     */
    public Features ofDeviceType() {
        return new Features(bits & ~((1L << 50) - (1L << 24)));
    }

    /**
     * The set in words, lowest bit first: transport bits and the given device type's by name, others by number.
     *
     * @param deviceFeatures the device type's names, for example {@code List.of(GpuFeature.values())}
     */
    public String describe(Collection<? extends FeatureBit> deviceFeatures) {
        List<String> names = new ArrayList<>();
        for (long rest = bits; rest != 0; rest &= rest - 1) {
            names.add(nameOf(Long.numberOfTrailingZeros(rest), deviceFeatures));
        }
        return names.isEmpty() ? "none" : String.join(",", names);
    }

    /** {@link #describe} without a device type: only transport bits have names. */
    @Override
    public String toString() {
        return describe(List.of());
    }

    private static String nameOf(int bit, Collection<? extends FeatureBit> deviceFeatures) {
        for (FeatureBit feature : deviceFeatures) {
            if (feature.bit() == bit) {
                return feature.name();
            }
        }
        for (TransportFeature feature : TransportFeature.values()) {
            if (feature.bit() == bit) {
                return feature.name();
            }
        }
        return "bit" + bit;
    }
}
