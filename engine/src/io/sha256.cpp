#include "io/sha256.h"

#include "engine/error.h"
#include "io/file.h"

#include <algorithm>
#include <array>
#include <openssl/evp.h>
#include <vector>

namespace engine {

Sha256::Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
        throw Failure(ErrorCode::failed,
                      "The cryptography library cannot compute SHA-256. Check its installation.");
}

void Sha256::add(std::span<const std::byte> bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

void Sha256::add(std::string_view text) {
    add(std::as_bytes(std::span(text)));
}

std::string Sha256::hex() {
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    std::string text;
    for (const unsigned char byte : digest) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

std::string sha256_of_text(std::string_view text) {
    Sha256 hash;
    hash.add(text);
    return hash.hex();
}

std::string sha256_of_file(const std::filesystem::path& path) {
    std::uint64_t size = 0;
    const FileDescriptor file = open_for_reading(path, size);
    Sha256 hash;
    std::vector<std::byte> buffer(1u << 20);
    for (std::uint64_t offset = 0; offset < size;) {
        const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), size - offset));
        read_exactly(file, path, offset, piece);
        hash.add(piece);
        offset += piece.size();
    }
    return hash.hex();
}

}  // namespace engine
