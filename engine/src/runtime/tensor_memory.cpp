#include "runtime/tensor_memory.h"

#include "runtime/torch.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <list>
#include <malloc.h>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <unordered_map>

namespace engine {
namespace {

constexpr std::size_t large = std::size_t{256} << 10;  // from here on a block of its own; smaller ones tear the heap (50 MB)
constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t page = 4096;
constexpr std::size_t least_cache = std::size_t{16} << 20;  // at the peak itself: a few of a layer's blocks

struct Block {
    void* data = nullptr;
    std::size_t size = 0;
};

struct Used {
    std::size_t size = 0, needed = 0;
};

// Up to the next eighth of a power of two: batches of nearly the same length find each other's blocks. What
// lies behind the bytes asked for is not touched, so it costs addresses, not memory.
std::size_t rounded(std::size_t size) {
    const std::size_t step = std::max(page, std::bit_floor(size) / 8);
    return (size + step - 1) / step * step;
}

// Mapped at a huge page boundary, so that the system can back with huge pages those that lie in the bytes wanted: one
// of them behind these would be memory. (2 MiB for each matrix of 17.4 MB were 100 MB of Qwen2 0.5B.)
void* map_block(std::size_t size, std::size_t wanted) {
    const std::size_t reserved = wanted < huge_page ? size : size + huge_page;
    void* const start = mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) throw std::bad_alloc();
    if (reserved == size) return start;
    auto* const begin = static_cast<char*>(start);
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    auto* const aligned = begin + (huge_page - address % huge_page) % huge_page;
    if (aligned > begin) munmap(begin, static_cast<std::size_t>(aligned - begin));
    char* const end = begin + reserved;
    if (end > aligned + size) munmap(aligned + size, static_cast<std::size_t>(end - aligned) - size);
    madvise(aligned, wanted / huge_page * huge_page, MADV_HUGEPAGE);
    return aligned;
}

class BlockCache {
  public:
    void* take(std::size_t wanted) {
        const std::size_t size = rounded(wanted);
        const std::scoped_lock lock(mutex_);
        if (in_use_ + size > limit_) cut_excess();
        if (in_use_ + size > limit_) throw std::bad_alloc();
        // The best fit among the free blocks, at most half too large: in batches of changing lengths better
        // than a fresh one.
        auto best = free_.end();
        for (auto it = free_.begin(); it != free_.end(); ++it) {
            const bool fits = it->size >= size && it->size - size <= size / 2;
            if (fits && (best == free_.end() || it->size < best->size)) best = it;
        }
        Block block;
        if (best != free_.end()) {
            block = *best;
            cached_ -= block.size;
            free_.erase(best);
        } else {
            drop_cached(limit_ - in_use_ - size);
            block = {map_block(size, wanted), size};
        }
        used_[block.data] = {block.size, size};
        in_use_ += block.size;
        excess_ += block.size - size;
        if (in_use_ > peak_) cut_excess();
        peak_ = std::max(peak_, in_use_);
        trim();
        return block.data;
    }

    // False when the block is not one of these.
    bool give_back(void* data) {
        const std::scoped_lock lock(mutex_);
        const auto found = used_.find(data);
        if (found == used_.end()) return false;
        const auto [size, needed] = found->second;
        in_use_ -= size;
        excess_ -= size - needed;
        cached_ += size;
        free_.push_front({data, size});
        used_.erase(found);
        trim();
        return true;
    }

    void limit(std::size_t bytes) {
        const std::scoped_lock lock(mutex_);
        limit_ = bytes > 0 ? in_use_ + bytes : unlimited;
    }

    // What the work that is over needed goes back to the system.
    void forget_peak() {
        const std::scoped_lock lock(mutex_);
        peak_ = in_use_;
        trim();
    }

  private:
    // A block that was free may be larger than what it holds now. Up to the peak that is as good as any other memory; beyond
    // it, it would be a part of the peak, so what lies behind goes back to the system. (35 MB of GPT-2 small at 4 x 256.)
    void cut_excess() {
        if (excess_ == 0) return;
        for (auto& [data, used] : used_) {
            if (used.size == used.needed) continue;
            munmap(static_cast<char*>(data) + used.needed, used.size - used.needed);
            in_use_ -= used.size - used.needed;
            used.size = used.needed;
        }
        excess_ = 0;
    }

    // Keeps what brings the whole to its peak, so that the backward pass leaves its blocks to the next
    // forward pass: fresh pages cost a tenth of a GPT-2 step. What was not wanted for longest goes first.
    void trim() { drop_cached(std::max(least_cache, peak_ - in_use_)); }

    void drop_cached(std::size_t most) {
        while (cached_ > most) {
            munmap(free_.back().data, free_.back().size);
            cached_ -= free_.back().size;
            free_.pop_back();
        }
    }

    std::mutex mutex_;
    std::list<Block> free_;  // most recently freed first
    std::unordered_map<void*, Used> used_;
    std::size_t excess_ = 0;  // of their sizes above what they need
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
    std::size_t in_use_ = 0, cached_ = 0, peak_ = 0, limit_ = unlimited;
};

BlockCache& blocks() {
    static auto* const cache = new BlockCache;  // tensors in static storage may outlive any other order
    return *cache;
}

void release(void* data) {
    if (data != nullptr && !blocks().give_back(data)) c10::free_cpu(data);
}

at::DataPtr reserve(std::size_t size) {
    void* const data = size >= large ? blocks().take(size) : c10::alloc_cpu(size);
    return {data, data, &release, c10::Device(c10::kCPU)};
}

// Without "override": the base declares allocate const up to libtorch 2.2 and not const after, and copy_data
// only in the newer ones.
class TensorAllocator final : public c10::Allocator {
  public:
    at::DataPtr allocate(std::size_t size) const { return reserve(size); }
    at::DataPtr allocate(std::size_t size) { return reserve(size); }
    c10::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void* target, const void* source, std::size_t count) const {
        std::memcpy(target, source, count);
    }
};

}  // namespace

void install_tensor_memory() {
#ifdef __GLIBC__
    // The smaller tensors: their pages stay in malloc's heap from one step to the next.
    mallopt(M_MMAP_THRESHOLD, int{2} << 20);
    mallopt(M_TRIM_THRESHOLD, int{16} << 20);
#endif
    static auto* const allocator = new TensorAllocator;
    c10::SetCPUAllocator(allocator, /*priority=*/1);
}

void limit_tensor_memory(std::int64_t bytes) {
    blocks().limit(static_cast<std::size_t>(bytes));
}

void release_unused_tensor_memory() {
    blocks().forget_peak();
}

}  // namespace engine
