// SPDX-License-Identifier: Apache-2.0
/*
 * For LD_PRELOAD, on CPUs with AMX only: their extended registers (XSAVE) are larger than User Mode Linux 6.1 has room for,
 * and it panics at its start ("ptrace set fp regs failed, errno = 14"). Told that the host cannot hand them over, it takes
 * the old registers (arch/x86/um/os-Linux/registers.c). Its programs must then do without AVX, whose registers nobody saves:
 * GLIBC_TUNABLES on the kernel's command line reaches them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/ptrace.h>

#define NT_X86_XSTATE 0x202

long ptrace(enum __ptrace_request request, ...)
{
	static long (*next)(enum __ptrace_request, int, void *, void *);
	va_list args;
	int pid;
	void *address, *data;

	va_start(args, request);
	pid = va_arg(args, int);
	address = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	if ((request == PTRACE_GETREGSET || request == PTRACE_SETREGSET) && (long)address == NT_X86_XSTATE) {
		errno = EINVAL;
		return -1;
	}
	if (!next)
		next = dlsym(RTLD_NEXT, "ptrace");
	return next(request, pid, address, data);
}
