/**
 * What a server needs around its doors: interceptors that close the gaps of the server underneath, and a writer for a
 * call's answers. Must not know devices or dialects.
 */
@NullMarked
package dev.crossdev.grpc.server;

import org.jspecify.annotations.NullMarked;
