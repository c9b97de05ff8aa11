package dev.crossdev.service.life;

/**
 * A bean that keeps calls open for as long as their clients like. When the service goes away it is told, after the devices
 * are gone, and has to end them: the process waits for open calls.
 */
public interface Drainable {

    /** Ends what is open and refuses more. Must not wait long. */
    void drain();
}
