/* httpd_hooks: what libmicrohttpd calls in httpd; `listener` is a struct httpd_listener.
 * Part of httpd. */
#ifndef DAEMON_IO_HTTPD_HOOKS_H
#define DAEMON_IO_HTTPD_HOOKS_H

#include <microhttpd.h>

enum MHD_Result httpd_on_access(void *listener, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *length, void **context);
void httpd_on_completed(void *listener, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code);
void httpd_on_connection(void *listener, struct MHD_Connection *connection, void **context,
                         enum MHD_ConnectionNotificationCode code);

#endif
