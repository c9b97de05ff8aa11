@org.jspecify.annotations.NullMarked
package dev.crossdev.service;
