/* A tool and a handler in plain C, on kirsch/abi.h alone. It does what multiply.cpp and multiply.rs do. */
#include <kirsch/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) \
  (kirsch_text) { literal, sizeof(literal) - 1 }

static int32_t init(const kirsch_host* host, kirsch_error* error) {
  (void)host;
  (void)error;
  return 0;
}
static void deinit(void) {}

static int32_t create_tool(const kirsch_value* options, void** self, kirsch_error* error) {
  (void)options;
  (void)self;
  (void)error;
  return 0;
}
static int32_t create_handler(const kirsch_value* options, void** self, kirsch_error* error) {
  int64_t* factor = malloc(sizeof *factor);
  if (factor == NULL) {
    snprintf(error->text, sizeof error->text, "there is no memory");
    return 1;
  }
  *factor = options->as.items[0].as.integer;
  *self = factor;
  return 0;
}

static uint32_t mark(void* self, kirsch_exchange* exchange) {
  (void)self;
  exchange->functions->set_field(exchange, TEXT("X-Marked-By"), TEXT(NAME));
  return KIRSCH_FLOW_NEXT;
}

static uint32_t failed(kirsch_exchange* exchange, uint16_t status, kirsch_text why) {
  exchange->functions->fail(exchange, status, why);
  return KIRSCH_FLOW_FAIL;
}

static uint32_t answer(void* self, kirsch_exchange* exchange) {
  uint32_t count = 0;
  const kirsch_pair* const pairs = exchange->functions->query(exchange, &count);
  char digits[24] = "";
  for (uint32_t index = 0; index < count; ++index) {
    const kirsch_text name = pairs[index].name, value = pairs[index].value;
    if (name.size == 6 && memcmp(name.data, "number", 6) == 0 && value.size < sizeof digits)
      memcpy(digits, value.data, value.size);
  }
  char* end = digits;
  const long number = strtol(digits, &end, 10);
  if (end == digits || *end != 0) return failed(exchange, 400, TEXT("the query says no number"));
  if (number > 1000) return failed(exchange, 0, TEXT(NAME " cannot count so far"));
  const int64_t* const factor = self;
  const int size = snprintf(digits, sizeof digits, "%lld\n", (long long)(number * *factor));
  exchange->functions->body_copy(exchange, (kirsch_text){digits, (size_t)size});
  return KIRSCH_FLOW_NEXT;
}

static const kirsch_step hooks[KIRSCH_HOOKS] = {[KIRSCH_HOOK_BEFORE_FINALIZE] = mark};
static const kirsch_provided tool = {
    .size = sizeof tool, .hook_count = KIRSCH_HOOKS, .create = create_tool, .destroy = free, .hooks = hooks};
static const kirsch_provided handler = {
    .size = sizeof handler, .create = create_handler, .destroy = free, .handle = answer};
static const kirsch_provided* const provided[] = {&tool, &handler};

KIRSCH_MODULE_IN_C(
    "\"name\":\"" NAME
    "\",\"version\":\"1.0.0\",\"provides\":["
    "{\"kind\":\"tool\",\"name\":\"" NAME
    "\",\"hooks\":[{\"point\":\"before_finalize\"}]},"
    "{\"kind\":\"handler\",\"name\":\"" NAME
    "\",\"options\":["
    "{\"name\":\"factor\",\"help\":\"what the number is multiplied by\",\"type\":\"integer\",\"default\":\"2\"}]}]",
    init, deinit, provided);
