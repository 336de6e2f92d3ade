// Lists whose links are inside the elements: nothing is allocated, and an element leaves its list when it is destroyed.
#pragma once

#include <cassert>

namespace kirsch::net {

template <class Element>
class List;

// Element derives from Link<Element>, or from Link<Tag> with List<Tag> and a cast by the owner.
template <class Element>
class Link {
 public:
  Link() noexcept = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  bool linked() const noexcept { return next_ != nullptr; }
  void unlink() noexcept {
    if (!linked()) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

 protected:
  ~Link() { unlink(); }

 private:
  friend class List<Element>;
  Link* next_ = nullptr;
  Link* previous_ = nullptr;
};

template <class Element>
class List {
 public:
  List() noexcept { head_.next_ = head_.previous_ = &head_; }

  bool empty() const noexcept { return head_.next_ == &head_; }
  void append(Link<Element>& link) noexcept {
    assert(!link.linked());
    link.previous_ = head_.previous_;
    link.next_ = &head_;
    head_.previous_->next_ = &link;
    head_.previous_ = &link;
  }
  void prepend(Link<Element>& link) noexcept {
    assert(!link.linked());
    link.next_ = head_.next_;
    link.previous_ = &head_;
    head_.next_->previous_ = &link;
    head_.next_ = &link;
  }
  // The first one, unlinked; null when empty.
  Element* pop() noexcept {
    if (empty()) return nullptr;
    Link<Element>* link = head_.next_;
    link->unlink();
    return static_cast<Element*>(link);
  }
  // All that are here now, in their order, whatever becomes of the one that is visited. `visit` must not throw.
  template <class Visit>
  void each(Visit visit) {
    List rest;
    rest.take(*this);
    while (Element* element = rest.pop()) {
      append(*element);
      visit(*element);
    }
  }
  template <class Predicate>
  bool any(Predicate predicate) const {
    for (const Link<Element>* link = head_.next_; link != &head_; link = link->next_)
      if (predicate(static_cast<const Element&>(*link))) return true;
    return false;
  }
  // Appends all of `other`, which is empty then.
  void take(List& other) noexcept {
    if (other.empty()) return;
    other.head_.next_->previous_ = head_.previous_;
    head_.previous_->next_ = other.head_.next_;
    other.head_.previous_->next_ = &head_;
    head_.previous_ = other.head_.previous_;
    other.head_.next_ = other.head_.previous_ = &other.head_;
  }

 private:
  struct Head : Link<Element> {};
  Head head_;
};

}  // namespace kirsch::net
