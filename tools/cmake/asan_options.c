/* ASan asks each program for this; the variable ASAN_OPTIONS is read after it. */
const char* __asan_default_options(void);
const char* __asan_default_options(void) {
  return "handle_sigill=1:" /* that is how UBSan ends */
         "detect_stack_use_after_return=1:"
         /* Both below what ASan takes by itself: most tests start processes, which then have a tenth less to do. */
         "max_uar_stack_size_log=16:malloc_context_size=4";
}
