#include "gguf/blocks.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace engine {
namespace {

constexpr std::int64_t q8_values = 32;

void encode_q8(std::span<const float> block, std::byte* out) {
    float largest = 0;
    for (const float value : block) largest = std::max(largest, std::abs(value));
    const float scale = largest / 127.0F;
    const float inverse = scale != 0 ? 1.0F / scale : 0.0F;
    const std::uint16_t half = f16_from_float(scale);
    std::memcpy(out, &half, sizeof half);
    for (std::size_t i = 0; i < block.size(); ++i)
        out[sizeof half + i] =
            static_cast<std::byte>(static_cast<std::int8_t>(std::round(block[i] * inverse)));
}

void encode_halves(std::span<const float> values, std::byte* out, std::uint16_t (*convert)(float)) {
    for (const float value : values) {
        const std::uint16_t half = convert(value);
        std::memcpy(out, &half, sizeof half);
        out += sizeof half;
    }
}

}  // namespace

std::string_view name_of(GgufType type) {
    switch (type) {
        case GgufType::f32:
            return "F32";
        case GgufType::f16:
            return "F16";
        case GgufType::q8_0:
            return "Q8_0";
        case GgufType::bf16:
            return "BF16";
    }
    throw std::logic_error("GGUF type without a name");
}

std::optional<GgufType> gguf_type_from(std::uint32_t number) {
    for (const auto type : {GgufType::f32, GgufType::f16, GgufType::q8_0, GgufType::bf16})
        if (static_cast<std::uint32_t>(type) == number) return type;
    return std::nullopt;
}

std::int64_t block_values(GgufType type) {
    return type == GgufType::q8_0 ? q8_values : 1;
}

std::int64_t block_bytes(GgufType type) {
    switch (type) {
        case GgufType::f32:
            return 4;
        case GgufType::q8_0:
            return 2 + q8_values;
        default:
            return 2;
    }
}

std::uint64_t stored_bytes(GgufType type, std::uint64_t values) {
    return values / static_cast<std::uint64_t>(block_values(type)) *
           static_cast<std::uint64_t>(block_bytes(type));
}

std::int64_t GgufTensor::numel() const {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    return count;
}

std::uint16_t f16_from_float(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U) return sign | 0x7e00U;   // NaN
    if (magnitude >= 0x47800000U) return sign | 0x7c00U;  // 65536 and above
    if (magnitude < 0x38800000U) {
        // Below 2^-14 a half has a fixed step of 2^-24: adding 0.5 lets the float addition round to that
        // step.
        const float rounded = std::bit_cast<float>(magnitude) + 0.5F;
        return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(rounded) - 0x3f000000U));
    }
    const std::uint32_t odd = magnitude >> 13 & 1U;
    return static_cast<std::uint16_t>(sign | ((magnitude - 0x38000000U + 0xfffU + odd) >> 13));
}

float float_from_f16(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
    const std::uint32_t exponent = half >> 10 & 0x1fU, fraction = half & 0x3ffU;
    if (exponent == 0) {
        const float value = static_cast<float>(fraction) * 0x1p-24F;
        return sign ? -value : value;
    }
    if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000U | fraction << 13);
    return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

std::uint16_t bf16_from_float(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U)
        return static_cast<std::uint16_t>(bits >> 16 | 0x40U);  // a quiet NaN
    return static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
}

float float_from_bf16(std::uint16_t value) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

void encode_values(GgufType type, std::span<const float> values, std::vector<std::byte>& out) {
    if (values.size() % static_cast<std::size_t>(block_values(type)) != 0)
        throw std::logic_error("values that do not fill their blocks");
    const std::size_t begin = out.size();
    out.resize(begin + stored_bytes(type, values.size()));
    std::byte* to = out.data() + begin;
    switch (type) {
        case GgufType::f32:
            if (!values.empty()) std::memcpy(to, values.data(), values.size_bytes());
            break;
        case GgufType::f16:
            encode_halves(values, to, f16_from_float);
            break;
        case GgufType::bf16:
            encode_halves(values, to, bf16_from_float);
            break;
        case GgufType::q8_0:
            for (std::size_t at = 0; at < values.size(); at += q8_values, to += block_bytes(type))
                encode_q8(values.subspan(at, q8_values), to);
            break;
    }
}

void decode_values(GgufType type, std::span<const std::byte> bytes, std::span<float> out) {
    if (bytes.size() != stored_bytes(type, out.size()))
        throw std::logic_error("bytes that are not those of the values");
    const auto half_at = [&](std::size_t at) {
        std::uint16_t half = 0;
        std::memcpy(&half, bytes.data() + at, sizeof half);
        return half;
    };
    switch (type) {
        case GgufType::f32:
            if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
            break;
        case GgufType::f16:
            for (std::size_t i = 0; i < out.size(); ++i) out[i] = float_from_f16(half_at(2 * i));
            break;
        case GgufType::bf16:
            for (std::size_t i = 0; i < out.size(); ++i) out[i] = float_from_bf16(half_at(2 * i));
            break;
        case GgufType::q8_0:
            for (std::size_t i = 0; i < out.size(); ++i) {
                const std::size_t block = i / q8_values * (2 + q8_values);
                out[i] = float_from_f16(half_at(block)) *
                         static_cast<float>(static_cast<std::int8_t>(bytes[block + 2 + i % q8_values]));
            }
            break;
    }
}

}  // namespace engine
