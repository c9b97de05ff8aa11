/**
 * The manifests and images of {@code deploy}: rendered, parsed strictly, held against policy, and run. No cluster is needed.
 */
@NullMarked
package dev.crossdev.system.deploy;

import org.jspecify.annotations.NullMarked;
