package dev.crossdev.service.house;

import java.time.Duration;

/**
 * Bounds of a house.
 *
 * @param devices of all guests together
 * @param lease the longest that is granted
 */
public record HouseLimits(int devices, Duration lease) {}
