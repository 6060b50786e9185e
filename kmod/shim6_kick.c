// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See shim6_kick.h.
 *
 * The sockets of a context are known to TCP only, by a table of all of its connections.  One walk over it serves all
 * contexts that moved of late, in a work item, as the sockets have to be locked; a socket whose answer is not overdue
 * is left alone, so a planned move costs nobody his congestion window.
 *
 * The peer moves half a round trip after us: what it, or we, sent in between is lost, too, and not overdue yet.  So the
 * walk is repeated, ever more rarely, while a socket of such a context waits for an answer.
 */
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/tcp.h>
#include <linux/workqueue.h>
#include <net/inet6_hashtables.h>
#include <net/inet_connection_sock.h>
#include <net/tcp.h>
#include "shim6_ctx.h"
#include "shim6_kick.h"

#define LOT	16		/* sockets of a slot that are kicked */
#define RECENT	(3 * HZ / 2)	/* jiffies that a context counts as moved */
#define AGAIN	(HZ / 50)	/* jiffies until the second walk, doubled for each after it, ... */
#define WALKS	7		/* ... up to so many: the last one after 1.3 s */

static bool moved(const struct shim6_ctx *ctx)
{
	u32 at = READ_ONCE(ctx->kicked_at);

	return at && (u32)jiffies - at < RECENT;
}

/* A connection of a context that has moved. */
static bool concerned(struct shim6_net *sn, const struct sock *sk)
{
	const struct shim6_ctx *ctx;

	if (sk->sk_family != AF_INET6 || !net_eq(sock_net(sk), sn->net) || !sk_fullsock(sk) ||
	    sk->sk_protocol != IPPROTO_TCP)
		return false;
	ctx = shim6_ctx_by_ulids(sn, &sk->sk_v6_rcv_saddr, &sk->sk_v6_daddr, 0);
	return ctx && moved(ctx);
}

/*
 * Something is unanswered for more than two round trips.  Who has timed out has no congestion window to lose, and what
 * he sends now meets no queue of his own: the shortest round trip counts for him.  The smoothed one, and the time-out
 * that follows from it, may have grown to seconds by what went before.
 */
static bool overdue(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb = tcp_rtx_queue_head(sk);
	u32 rtt = tp->srtt_us >> 3;

	if (inet_csk(sk)->icsk_retransmits)
		rtt = min(rtt, tcp_min_rtt(tp));
	return skb && tp->packets_out && tcp_clock_us() - tcp_skb_timestamp_us(skb) > 2 * (u64)rtt;
}

/*
 * Let the retransmission time-out run out now, without back-off.  What follows is what TCP does by itself on a path it
 * does not know: one segment, then slow start.
 */
static bool kick(struct shim6_net *sn, struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	bool waits;

	lock_sock(sk);
	waits = sk->sk_state != TCP_CLOSE && tcp_sk(sk)->packets_out;
	if (waits && overdue(sk)) {
		icsk->icsk_backoff = 0;
		if (tcp_sk(sk)->srtt_us)
			icsk->icsk_rto = min_t(u32, __tcp_set_rto(tcp_sk(sk)), TCP_RTO_MAX);
		inet_csk_reset_xmit_timer(sk, ICSK_TIME_RETRANS, 0, TCP_RTO_MAX);
		shim6_count(sn, tcp_kicked);
	}
	release_sock(sk);
	return waits;
}

/* True if one of its connections waits for an answer. */
static bool walk_slot(struct shim6_net *sn, struct inet_ehash_bucket *slot)
{
	struct sock *sk, *lot[LOT];
	struct hlist_nulls_node *node;
	unsigned int n = 0;
	bool waits = false;

	rcu_read_lock();
	sk_nulls_for_each_rcu(sk, node, &slot->chain) {
		if (n == LOT || !concerned(sn, sk) || !refcount_inc_not_zero(&sk->sk_refcnt))
			continue;
		/* The memory may have become another socket before we held it. */
		if (concerned(sn, sk))
			lot[n++] = sk;
		else
			sock_gen_put(sk);
	}
	rcu_read_unlock();
	while (n--) {
		waits |= kick(sn, lot[n]);
		sock_put(lot[n]);
	}
	return waits;
}

static void walk(struct work_struct *work)
{
	struct shim6_net *sn = container_of(to_delayed_work(work), struct shim6_net, kick);
	struct inet_hashinfo *table = sn->net->ipv4.tcp_death_row.hashinfo;
	u32 walks = READ_ONCE(sn->kick_walks) + 1;
	bool waits = false;
	unsigned int i;

	WRITE_ONCE(sn->kick_walks, walks);
	for (i = 0; i <= table->ehash_mask; i++) {
		if (!hlist_nulls_empty(&table->ehash[i].chain))
			waits |= walk_slot(sn, &table->ehash[i]);
		if (!(i & 255))
			cond_resched();
	}
	WRITE_ONCE(sn->walked_at, jiffies);
	/* A context that moved meanwhile has queued it already, and earlier than this. */
	if (waits && walks < WALKS)
		queue_delayed_work(system_unbound_wq, &sn->kick, AGAIN << (walks - 1));
}

/* A new pair carries @ctx from now on, or the one that it has was found to work again. */
void shim6_kick(struct shim6_ctx *ctx)
{
	struct shim6_net *sn = ctx->sn;
	unsigned long rest = READ_ONCE(sn->walked_at) + AGAIN - jiffies;

	if (!READ_ONCE(sn->tcp_kick))
		return;
	WRITE_ONCE(ctx->kicked_at, (u32)jiffies ?: 1);
	WRITE_ONCE(sn->kick_walks, 0);
	/* At once, but many that move one after the other do not make it walk all the time. */
	mod_delayed_work(system_unbound_wq, &sn->kick, rest > AGAIN ? 0 : rest);
}

void shim6_kick_init(struct shim6_net *sn)
{
	sn->tcp_kick = true;
	sn->walked_at = jiffies - AGAIN;
	INIT_DELAYED_WORK(&sn->kick, walk);
}

/* No context of @sn is left that could be kicked. */
void shim6_kick_exit(struct shim6_net *sn)
{
	cancel_delayed_work_sync(&sn->kick);
}
