// SPDX-License-Identifier: GPL-2.0-or-later
/* Giving privileges up. */
#include <cap-ng.h>
#include <errno.h>
#include <seccomp.h>
#include <sys/prctl.h>

#include "hal/daemon.h"

bool hal_have_cap(int cap)
{
	return !capng_get_caps_process() && capng_have_capability(CAPNG_EFFECTIVE, (unsigned int)cap);
}

int hal_drop_caps(const int caps[], size_t n, bool inherit)
{
	unsigned int sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET;
	bool bounds = hal_have_cap(CAP_SETPCAP);
	size_t i;

	for (i = 0; i < n; i++)
		if (!hal_have_cap(caps[i]))
			return -EPERM;
	if (inherit)
		sets |= CAPNG_INHERITABLE | CAPNG_AMBIENT;
	capng_clear(CAPNG_SELECT_ALL);
	for (i = 0; i < n; i++)
		if (capng_update(CAPNG_ADD, sets, (unsigned int)caps[i]))
			return -EINVAL;
	/* Without SETPCAP the service manager has set the bounds. */
	if (bounds && capng_apply(CAPNG_SELECT_BOUNDS))
		return -EPERM;
	if (capng_apply(CAPNG_SELECT_CAPS))
		return -EPERM;
	if (inherit && capng_apply(CAPNG_SELECT_AMBIENT))
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

int hal_seccomp(void)
{
	/* By name: a call unknown to this architecture or library is none that can be made. */
	static const char *const refused[] = {
		"_sysctl", "acct", "add_key", "adjtimex", "afs_syscall", "bpf", "chroot", "clock_adjtime",
		"clock_settime", "create_module", "delete_module", "fanotify_init", "finit_module", "fsconfig",
		"fsmount", "fsopen", "get_kernel_syms", "init_module", "io_uring_enter", "io_uring_register",
		"io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl",
		"lookup_dcookie", "mount", "mount_setattr", "move_mount", "move_pages", "nfsservctl",
		"open_by_handle_at", "open_tree", "perf_event_open", "personality", "pivot_root",
		"process_vm_readv", "process_vm_writev", "ptrace", "query_module", "quotactl", "quotactl_fd",
		"reboot", "request_key", "sethostname", "setdomainname", "setns", "settimeofday", "stime",
		"swapoff", "swapon", "syslog", "umount", "umount2", "unshare", "uselib", "userfaultfd", "vhangup",
	};
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int err = 0;
	size_t i;

	if (!ctx)
		return -ENOSYS;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]) && !err; i++) {
		int nr = seccomp_syscall_resolve_name(refused[i]);

		if (nr == __NR_SCMP_ERROR)
			continue;
		err = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), nr, 0);
		if (err == -EDOM || err == -EEXIST)
			err = 0;
	}
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err == -EINVAL ? -ENOSYS : err;
}
