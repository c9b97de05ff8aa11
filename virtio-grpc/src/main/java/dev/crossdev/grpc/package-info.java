@org.jspecify.annotations.NullMarked
package dev.crossdev.grpc;
