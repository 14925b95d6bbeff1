// What a simulated process replaces below Swift: the clocks, the source of randomness and the queue of its tasks.
//
// Linked into the simulator alone. Until CSimulation_begin everything is as it is elsewhere.
#ifndef CSIMULATION_H
#define CSIMULATION_H

#include <stdint.h>

// Takes a task that may run now.
typedef void (*CSimulation_enqueue)(void *job);

// Takes what is to be called after so many nanoseconds.
typedef void (*CSimulation_call)(void *context);
typedef void (*CSimulation_call_after)(int64_t nanoseconds, CSimulation_call function, void *context);

// Stops the clocks at `wall` nanoseconds since 1970, draws all random bytes from the seed, and passes the tasks of
// the shared pool to the functions.
void CSimulation_begin(uint64_t seed, int64_t wall, CSimulation_enqueue now, CSimulation_call_after later);

// Draws the random bytes that follow from another seed.
void CSimulation_seed(uint64_t seed);

// Sets the time since the beginning.
void CSimulation_set_elapsed(int64_t nanoseconds);

// Runs a task until it waits, as the shared pool does.
void CSimulation_run(void *job);

// Nanoseconds of the machine's own monotonic clock.
int64_t CSimulation_machine_time(void);

// Starts the program again with sets and dictionaries that have the same order in each run, unless it has been.
//
// Returns only when it has been, or an errno.
int CSimulation_restart(char *const *arguments);

#endif
