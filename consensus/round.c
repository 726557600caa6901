#include "consensus/round.h"

#include <assert.h>
#include <string.h>

void round_reset(struct round *round)
{
    round->floor = round->sent;
    memset(round->answered, 0, sizeof(round->answered));
}

uint64_t round_send(struct round *round, int self)
{
    assert(self < LIMIT_AGENTS);
    assert(round->sent >= round->floor);
    round->sent++;
    if (self >= 0) {
        round->answered[self] = round->sent;
    }
    return round->sent;
}

bool round_answer(struct round *round, int position, uint64_t number)
{
    assert(position >= 0 && position < LIMIT_AGENTS);
    if (number <= round->floor || number > round->sent) {
        return false;
    }
    if (number > round->answered[position]) {
        round->answered[position] = number;
    }
    return true;
}

uint64_t round_confirmed(const struct round *round, const struct members *members)
{
    uint64_t confirmed = members_reached(members, round->answered);

    assert(confirmed <= round->sent);
    assert(confirmed == 0 || confirmed > round->floor);
    return confirmed;
}
