package dev.crossdev.grpc.replay;

import dev.crossdev.virtio.capture.CaptureEntry.Exchange;
import java.util.List;

/**
 * How a replay went.
 *
 * @param compared exchanges whose answers were compared
 * @param remarks what could not be done as it was
 */
public record ReplayReport(int compared, List<Difference> differences, List<String> remarks) {

    public ReplayReport {
        differences = List.copyOf(differences);
        remarks = List.copyOf(remarks);
    }

    /**
     * An answer that is not what it was.
     *
     * @param target whose
     * @param line of the capture
     * @param what differs, a line each
     */
    public record Difference(ReplayTarget target, long line, Exchange exchange, List<String> what) {
        public Difference {
            what = List.copyOf(what);
        }
    }
}
