#include "tests/sim/sim_random.h"

/* -ln((i + 1/2) / 64), in 1024ths. */
static const uint16_t logarithms[64] = {
    4968, 3844, 3320, 2976, 2719, 2513, 2342, 2195, 2067, 1953, 1851, 1758, 1672, 1594, 1520, 1452,
    1388, 1328, 1271, 1217, 1166, 1117, 1070, 1026, 983,  942,  903,  865,  828,  793,  759,  726,
    694,  663,  633,  603,  575,  547,  520,  494,  469,  444,  419,  395,  372,  349,  327,  305,
    284,  263,  243,  223,  203,  184,  165,  146,  128,  110,  92,   75,   58,   41,   24,   8};

uint64_t sim_random_around(struct sim_random *random, uint64_t mean)
{
    return mean * logarithms[sim_random_next(random) % 64] / 1024;
}
