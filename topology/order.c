#include "topology/order.h"

#include <stddef.h>

const char *order_testimony_name(enum order_testimony testimony)
{
    switch (testimony) {
#define X(name, json)                                                                              \
    case ORDER_##name:                                                                             \
        return json;
        ORDER_TESTIMONY_MAP(X)
#undef X
    }
    return "unknown";
}
