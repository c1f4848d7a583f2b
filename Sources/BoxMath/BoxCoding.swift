import Tensors

/// How four numbers stand for a box: `box_coding` of `EfficientNMS_TRT`.
public enum BoxCoding: Int, Sendable {
  /// x1, y1, x2, y2
  case corners = 0
  /// The centre's x and y, width and height.
  case centerAndSize = 1
}

/// The four numbers of a box.
public struct CodedBox<T: FloatingElement>: Sendable {
  public var a: T
  public var b: T
  public var c: T
  public var d: T

  @inlinable public init(_ a: T, _ b: T, _ c: T, _ d: T) {
    self.a = a
    self.b = b
    self.c = c
    self.d = d
  }

  /// The numbers that begin at `place`.
  @inlinable public init(_ numbers: UnsafeBufferPointer<T>, at place: Int) {
    self.init(numbers[place], numbers[place + 1], numbers[place + 2], numbers[place + 3])
  }

  /// The box as corners, each computed in `T` as `EfficientNMS_TRT` does.
  @inlinable public func corners(from coding: BoxCoding) -> CodedBox {
    switch coding {
    case .corners: return self
    case .centerAndSize:
      let (halfWidth, halfHeight) = (c * 0.5, d * 0.5)
      return CodedBox(a - halfWidth, b - halfHeight, a + halfWidth, b + halfHeight)
    }
  }

  /// The box these corrections make of an anchor of the same coding (`efficientNMSInference.cuh`):
  /// corners are put in order and added; a centre moves by its part of the anchor's size, and a size
  /// grows by an exponential.
  @inlinable public func decoded(from anchor: CodedBox, _ coding: BoxCoding) -> CodedBox {
    switch coding {
    case .corners:
      let (box, anchor) = (ordered, anchor.ordered)
      return CodedBox(
        box.a + anchor.a, box.b + anchor.b, box.c + anchor.c, box.d + anchor.d)
    case .centerAndSize:
      return CodedBox(
        a * anchor.c + anchor.a, b * anchor.d + anchor.b, anchor.c * T.exp(c),
        anchor.d * T.exp(d))
    }
  }

  @usableFromInline var ordered: CodedBox {
    CodedBox(min(a, c), min(b, d), max(a, c), max(b, d))
  }
}

extension Box {
  /// Four corners, rounded to float32.
  @inlinable public init<T: FloatingElement>(corners: CodedBox<T>) {
    self.init(
      x1: Float(corners.a), y1: Float(corners.b), x2: Float(corners.c), y2: Float(corners.d))
  }
}
