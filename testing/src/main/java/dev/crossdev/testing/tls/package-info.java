/** Certificates that a test makes for itself. */
package dev.crossdev.testing.tls;
