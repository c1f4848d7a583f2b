import Tensors

/// Places tensors of known lifetimes in one block of memory.
///
/// The largest are placed first, each at the lowest offset where it overlaps no tensor that lives at
/// the same time.
struct BufferPlan {
  private struct Region {
    let offset: Int
    let byteCount: Int
    let lifetime: ClosedRange<Int>
  }

  /// `Int.max` for more than that: some tensors have no offset then.
  private(set) var byteCount = 0
  private(set) var offsets: [Int: Int] = [:]

  /// - Parameter requests: for a tensor's number, its bytes and the steps during which it lives.
  init(_ requests: [Int: (byteCount: Int, lifetime: ClosedRange<Int>)]) {
    if requests.count > Self.mostCompared {
      placeInTurn(requests)
    } else {
      placeLargestFirst(requests)
    }
  }

  /// With more tensors than this, comparing each with all would take longer than running them.
  private static let mostCompared = 1 << 13

  /// Gives each tensor, in the order of the steps, a place of its size that another has left.
  private mutating func placeInTurn(
    _ requests: [Int: (byteCount: Int, lifetime: ClosedRange<Int>)]
  ) {
    var left: [Int: [Int]] = [:]
    let ending = requests.sorted {
      ($0.value.lifetime.upperBound, $0.key) < ($1.value.lifetime.upperBound, $1.key)
    }
    var ended = 0
    let ordered = requests.sorted {
      ($0.value.lifetime.lowerBound, $0.key) < ($1.value.lifetime.lowerBound, $1.key)
    }
    func rounded(_ byteCount: Int) -> Int {
      byteCount.rounded(upToMultipleOf: TensorStorage.alignment)
    }
    for (tensor, request) in ordered {
      while ended < ending.count,
        ending[ended].value.lifetime.upperBound < request.lifetime.lowerBound
      {
        let (before, gone) = ending[ended]
        if let offset = offsets[before] {
          left[rounded(gone.byteCount), default: []].append(offset)
        }
        ended += 1
      }
      let size = rounded(request.byteCount)
      let offset = left[size]?.popLast() ?? byteCount
      let (end, overflow) = offset.addingReportingOverflow(size)
      guard !overflow else {
        byteCount = .max
        return
      }
      byteCount = max(byteCount, end)
      offsets[tensor] = offset
    }
  }

  private mutating func placeLargestFirst(
    _ requests: [Int: (byteCount: Int, lifetime: ClosedRange<Int>)]
  ) {
    var placed: [Region] = []
    let ordered = requests.sorted { ($1.value.byteCount, $0.key) < ($0.value.byteCount, $1.key) }
    for (tensor, request) in ordered {
      let size = request.byteCount.rounded(upToMultipleOf: TensorStorage.alignment)
      var offset = 0
      for region in placed where region.lifetime.overlaps(request.lifetime) {
        if region.offset - offset >= size { break }
        offset = max(offset, region.offset + region.byteCount)
      }
      let (end, overflow) = offset.addingReportingOverflow(size)
      guard !overflow else {
        byteCount = .max
        return
      }
      let region = Region(offset: offset, byteCount: size, lifetime: request.lifetime)
      let position = placed.firstIndex { $0.offset > offset } ?? placed.endIndex
      placed.insert(region, at: position)
      offsets[tensor] = offset
      byteCount = max(byteCount, end)
    }
  }
}

extension Int {
  func rounded(upToMultipleOf unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
