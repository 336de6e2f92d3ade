// What steps leave for later steps of the same exchange.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace kirsch::pipeline {

// Few per exchange, so a list. Its nodes live in the arena.
class Attachments {
 public:
  // Replaces nothing: the latest of an id is found first.
  void add(base::Arena& arena, std::string_view id, void* data, void (*destroy)(void*)) {
    first_ = new (arena.allocate(sizeof(Node), alignof(Node))) Node{arena.copy(id), data, destroy, first_};
  }
  void* find(std::string_view id) const {
    for (const Node* node = first_; node != nullptr; node = node->next) {
      if (node->id == id) return node->data;
    }
    return nullptr;
  }
  // Destroys all, the latest first.
  void clear() noexcept {
    for (; first_ != nullptr; first_ = first_->next) {
      if (first_->destroy != nullptr) first_->destroy(first_->data);
    }
  }

 private:
  struct Node {
    std::string_view id;
    void* data;
    void (*destroy)(void*);
    Node* next;
  };
  Node* first_ = nullptr;
};

}  // namespace kirsch::pipeline
