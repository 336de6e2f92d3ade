// Poco::Redis::Client has no timeout for sending, and nobody may end it from another thread: its parts are used here
// with a socket of our own.
#include "connection.h"

#include <Poco/Crypto/OpenSSLInitializer.h>
#include <Poco/Redis/Array.h>
#include <Poco/Redis/Error.h>
#include <kirsch/options.h>

namespace redis_client {
namespace {

using Poco::Redis::Array;
using Poco::Redis::BulkString;
using Poco::Redis::RedisType;

template <class Type>
const Type& value_of(const RedisType& type) {
  return static_cast<const Poco::Redis::Type<Type>&>(type).value();
}

[[noreturn]] void no_answer_of_redis() { throw std::runtime_error("what answers there is no Redis server"); }

std::string text_of(const RedisType& part) {
  if (part.isInteger()) return std::to_string(value_of<Poco::Int64>(part));
  if (part.isSimpleString()) return value_of<std::string>(part);
  if (part.isBulkString() && !value_of<BulkString>(part).isNull()) return value_of<BulkString>(part).value();
  no_answer_of_redis();
}

Reply elements_of(const RedisType& reply) {
  if (!reply.isArray()) no_answer_of_redis();
  const auto& array = value_of<Array>(reply);
  if (array.isNull() || array.size() == 0) no_answer_of_redis();
  Reply elements;
  for (const auto& part : array) elements.push_back(text_of(*part));
  return elements;
}

}  // namespace

Poco::Net::Context::Ptr encryption(const ServerAddress& address) {
  if (!address.encrypted) return {};
  using Poco::Net::Context;
  try {
    Context::Ptr made = new Context(Context::TLS_CLIENT_USE, address.authorities, Context::VERIFY_STRICT, 9,
                                    address.authorities.empty());
    made->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    return made;
  } catch (const Poco::Exception& failure) {
    Poco::Crypto::OpenSSLInitializer::uninitialize();  // what the destructor would have done
    throw kirsch::OptionError("authorities", "these certificates cannot be used: " + failure.displayText());
  }
}

void Connection::open() {
  const Poco::Timespan timeout(timeout_.count() * 1000);
  transport_.connect(Poco::Net::SocketAddress(address_.host, address_.port), timeout);
  transport_.setSendTimeout(timeout);
  transport_.setReceiveTimeout(timeout);
  transport_.setNoDelay(true);
  connected_ = true;
  socket_ =
      encryption_.isNull() ? transport_ : Poco::Net::SecureStreamSocket::attach(transport_, address_.host, encryption_);
  input_.emplace(socket_);
  input_->exceptions(std::ios::badbit | std::ios::failbit);
  if (!address_.user.empty()) {
    demand({"AUTH", address_.user, address_.password}, "OK");
  } else if (!address_.password.empty()) {
    demand({"AUTH", address_.password}, "OK");
  }
  if (address_.database != "0") demand({"SELECT", address_.database}, "OK");
  demand({"PING"}, "PONG");
}

void Connection::demand(const Command& command, const std::string& wanted) {
  send(encoded(command));
  const auto reply = receive();
  if (!reply->isSimpleString() || value_of<std::string>(*reply) != wanted) no_answer_of_redis();
}

std::string Connection::encoded(const Command& command) {
  Array array;
  array.add(command);
  return array.toString();
}

void Connection::send(std::string_view encoded) {
  for (std::size_t sent = 0; sent < encoded.size();)
    sent += static_cast<std::size_t>(socket_.sendBytes(encoded.data() + sent, static_cast<int>(encoded.size() - sent)));
}

RedisType::Ptr Connection::receive() {
  RedisType::Ptr reply;
  try {
    reply = RedisType::createRedisType(static_cast<char>(input_->get()));
    if (reply.isNull()) no_answer_of_redis();
    reply->read(*input_);
  } catch (const std::ios_base::failure&) {
    throw std::runtime_error("the server has closed the connection");
  }
  if (reply->isError()) throw Refusal(value_of<Poco::Redis::Error>(*reply).getMessage());
  return reply;
}

Reply Connection::call(const Command& command) {
  send(encoded(command));
  return elements_of(*receive());
}

Reply Connection::next() {
  const auto reply = receive();
  return reply->isArray() ? elements_of(*reply) : Reply{text_of(*reply)};
}

bool Connection::waiting() { return input_->rdbuf()->in_avail() > 0 || socket_.available() > 0; }

int Connection::descriptor() const { return transport_.impl()->sockfd(); }

bool Connection::usable() {
  return input_->rdbuf()->in_avail() <= 0 &&
         !socket_.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ | Poco::Net::Socket::SELECT_ERROR);
}

void Connection::abort() noexcept {
  if (!connected_) return;
  try {
    transport_.shutdown();
  } catch (const Poco::Exception&) {  // it has ended already
  }
}

}  // namespace redis_client
