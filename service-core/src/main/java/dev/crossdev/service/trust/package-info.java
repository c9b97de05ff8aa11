/**
 * Who may do what, once TLS is on: a client's certificate says its name and its roles, {@link
 * dev.crossdev.service.trust.Access} says which roles each method needs, and {@link
 * dev.crossdev.service.trust.TrustedCalls} is the one place that lets a call through and decides which guest it may name.
 * Doors behind it do not ask again. What a call does is not known here.
 */
@NullMarked
package dev.crossdev.service.trust;

import org.jspecify.annotations.NullMarked;
