#define _GNU_SOURCE
#include "CSimulation.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static bool is_simulated = false;
static uint64_t random_state = 0;
static int64_t wall_start = 0;
static int64_t elapsed = 0;
// Monotonic clocks begin here, so that no instant is zero.
static const int64_t monotonic_start = 1000000000000;

// The C library's own functions, which those below stand before.
static void *own(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

static int machine_time(clockid_t clock, struct timespec *time) {
    static int (*function)(clockid_t, struct timespec *);
    if (!function) function = (int (*)(clockid_t, struct timespec *))own("clock_gettime");
    return function(clock, time);
}

static long machine_call(long number, long a, long b, long c, long d, long e, long f) {
    static long (*function)(long, ...);
    if (!function) function = (long (*)(long, ...))own("syscall");
    return function(number, a, b, c, d, e, f);
}

// SplitMix64.
static uint64_t next_random(void) {
    random_state += 0x9E3779B97F4A7C15;
    uint64_t word = random_state;
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
    return word ^ (word >> 31);
}

static ssize_t fill(void *bytes, size_t count) {
    for (size_t done = 0; done < count; done += 8) {
        uint64_t word = next_random();
        memcpy((char *)bytes + done, &word, count - done < 8 ? count - done : 8);
    }
    return (ssize_t)count;
}

// The program's own definitions come before those of the C library, also for the libraries of Swift.

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!is_simulated) return machine_time(clock, time);
    int64_t now = elapsed + (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? wall_start : monotonic_start);
    time->tv_sec = now / 1000000000;
    time->tv_nsec = now % 1000000000;
    return 0;
}

ssize_t getrandom(void *bytes, size_t count, unsigned int flags) {
    if (is_simulated) return fill(bytes, count);
    return machine_call(SYS_getrandom, (long)bytes, (long)count, flags, 0, 0, 0);
}

int getentropy(void *bytes, size_t count) { return getrandom(bytes, count, 0) == (ssize_t)count ? 0 : -1; }

// Swift asks the kernel for random bytes this way.
long syscall(long number, ...) {
    va_list list;
    va_start(list, number);
    long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
    long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
    va_end(list);
    if (is_simulated && number == SYS_getrandom) return fill((void *)a, (size_t)b);
    return machine_call(number, a, b, c, d, e, f);
}

// The hooks of Swift's runtime (swift/Runtime/ConcurrencyHooks.h).

#define SWIFT_CC __attribute__((swiftcall))

typedef SWIFT_CC void (*enqueue_original)(void *job);
typedef SWIFT_CC void (*delay_original)(unsigned long long delay, void *job);
typedef SWIFT_CC void (*deadline_original)(
    long long seconds, long long nanoseconds, long long tolerance, long long rest, int clock, void *job);

extern SWIFT_CC void (*swift_task_enqueueGlobal_hook)(void *job, enqueue_original original);
extern SWIFT_CC void (*swift_task_enqueueMainExecutor_hook)(void *job, enqueue_original original);
extern SWIFT_CC void (*swift_task_enqueueGlobalWithDelay_hook)(
    unsigned long long delay, void *job, delay_original original);
extern SWIFT_CC void (*swift_task_enqueueGlobalWithDeadline_hook)(
    long long seconds, long long nanoseconds, long long tolerance, long long rest, int clock, void *job,
    deadline_original original);
extern SWIFT_CC void swift_job_run(void *job, void *executor, uintptr_t implementation);

static CSimulation_enqueue enqueue_now;
static CSimulation_call_after call_later;

static SWIFT_CC void on_enqueue(void *job, enqueue_original original) {
    (void)original;
    enqueue_now(job);
}

static SWIFT_CC void on_delay(unsigned long long delay, void *job, delay_original original) {
    (void)original;
    call_later(delay > INT64_MAX / 4 ? INT64_MAX / 4 : (int64_t)delay, CSimulation_run, job);
}

static SWIFT_CC void on_deadline(
    long long seconds, long long nanoseconds, long long tolerance, long long rest, int clock, void *job,
    deadline_original original) {
    (void)tolerance, (void)rest, (void)clock, (void)original;
    if (seconds > 4000000000) seconds = 4000000000;
    int64_t wait = seconds * 1000000000 + nanoseconds - (monotonic_start + elapsed);
    call_later(wait > 0 ? wait : 0, CSimulation_run, job);
}

// Swift's own clocks put their sleepers aside past the hooks, as timers of libdispatch: its functions stand here too.

typedef void (*dispatch_function)(void *context);

struct timer {
    bool is_used;
    int64_t wait;
    void *context;
    dispatch_function function;
};

static struct timer timers[16384];
static const size_t timer_count = sizeof timers / sizeof timers[0];

static struct timer *timer_of(void *object) {
    return (void *)object >= (void *)timers && (void *)object < (void *)(timers + timer_count) ? object : NULL;
}

// The two highest bits of a time name its clock (dispatch/time.h): uptime, monotonic, or the negative wall time.
static int64_t wait_until(uint64_t when) {
    int64_t now = monotonic_start + elapsed;
    int64_t due = (int64_t)(when & ~(1ull << 63));
    if (when >> 62 == 3) {
        due = -(int64_t)when;
        now = wall_start + elapsed;
    }
    return due > now ? due - now : 0;
}

// The queues of the timers stay empty; libdispatch would start a thread for this.
void dispatch_queue_set_width(void *queue, long width) {
    if (is_simulated) return;
    void (*function)(void *, long) = own("dispatch_queue_set_width");
    function(queue, width);
}

void dispatch_after_f(uint64_t when, void *queue, void *context, dispatch_function work) {
    if (is_simulated) {
        call_later(wait_until(when), work, context);
        return;
    }
    void (*function)(uint64_t, void *, void *, dispatch_function) = own("dispatch_after_f");
    function(when, queue, context, work);
}

void *dispatch_source_create(const void *type, uintptr_t handle, unsigned long mask, void *queue) {
    if (is_simulated) {
        for (size_t i = 0; i < timer_count; i++) {
            if (timers[i].is_used) continue;
            timers[i] = (struct timer){.is_used = true};
            return &timers[i];
        }
        abort();
    }
    void *(*function)(const void *, uintptr_t, unsigned long, void *) = own("dispatch_source_create");
    return function(type, handle, mask, queue);
}

void dispatch_source_set_timer(void *source, uint64_t start, uint64_t interval, uint64_t leeway) {
    struct timer *timer = timer_of(source);
    if (timer) {
        timer->wait = wait_until(start);
        return;
    }
    void (*function)(void *, uint64_t, uint64_t, uint64_t) = own("dispatch_source_set_timer");
    function(source, start, interval, leeway);
}

void dispatch_set_context(void *object, void *context) {
    struct timer *timer = timer_of(object);
    if (timer) {
        timer->context = context;
        return;
    }
    void (*function)(void *, void *) = own("dispatch_set_context");
    function(object, context);
}

void dispatch_source_set_event_handler_f(void *source, dispatch_function handler) {
    struct timer *timer = timer_of(source);
    if (timer) {
        timer->function = handler;
        return;
    }
    void (*function)(void *, dispatch_function) = own("dispatch_source_set_event_handler_f");
    function(source, handler);
}

void dispatch_activate(void *object) {
    struct timer *timer = timer_of(object);
    if (timer) {
        call_later(timer->wait, timer->function, timer->context);
        return;
    }
    void (*function)(void *) = own("dispatch_activate");
    function(object);
}

void dispatch_release(void *object) {
    struct timer *timer = timer_of(object);
    if (timer) {
        timer->is_used = false;
        return;
    }
    void (*function)(void *) = own("dispatch_release");
    function(object);
}

void CSimulation_begin(uint64_t seed, int64_t wall, CSimulation_enqueue now, CSimulation_call_after later) {
    random_state = seed;
    wall_start = wall;
    enqueue_now = now;
    call_later = later;
    swift_task_enqueueGlobal_hook = on_enqueue;
    swift_task_enqueueMainExecutor_hook = on_enqueue;
    swift_task_enqueueGlobalWithDelay_hook = on_delay;
    swift_task_enqueueGlobalWithDeadline_hook = on_deadline;
    is_simulated = true;
}

void CSimulation_seed(uint64_t seed) { random_state = seed; }

void CSimulation_set_elapsed(int64_t nanoseconds) { elapsed = nanoseconds; }

void CSimulation_run(void *job) { swift_job_run(job, NULL, 0); }

int64_t CSimulation_machine_time(void) {
    struct timespec time;
    machine_time(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int CSimulation_restart(char *const *arguments) {
    const char *name = "SWIFT_DETERMINISTIC_HASHING";
    if (getenv(name)) return 0;
    if (setenv(name, "1", 1) != 0) return errno;
    execv("/proc/self/exe", arguments);
    return errno;
}
