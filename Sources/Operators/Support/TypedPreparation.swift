import Kernels
import Tensors

/// Prepares a node for whichever floating-point type its operand has.
protocol FloatingPreparation {
  func node<T: FloatingElement & BLASElement>(_: T.Type) -> PreparedNode
}

extension FloatingPreparation {
  /// - Parameter input: of the operand whose type decides, for the error.
  @inline(__always)
  func node(for elementType: ElementType, input: Int = 0) throws -> PreparedNode {
    switch elementType {
    case .float32: node(Float.self)
    case .float64: node(Double.self)
    default: throw OperatorError("input \(input) is \(elementType), expected floating point")
    }
  }
}

/// Prepares a node for whichever type of numbers its operand has.
protocol NumericPreparation {
  func node<T: NumericElement>(_: T.Type) -> PreparedNode
}

extension NumericPreparation {
  /// - Parameter input: of the operand whose type decides, for the error.
  @inline(__always)
  func node(for elementType: ElementType, input: Int = 0) throws -> PreparedNode {
    switch elementType {
    case .float32: node(Float.self)
    case .float64: node(Double.self)
    case .int8: node(Int8.self)
    case .int16: node(Int16.self)
    case .int32: node(Int32.self)
    case .int64: node(Int64.self)
    case .uint8: node(UInt8.self)
    case .uint16: node(UInt16.self)
    case .uint32: node(UInt32.self)
    case .uint64: node(UInt64.self)
    default: throw OperatorError("input \(input) is \(elementType), expected numbers")
    }
  }
}

/// Prepares a node that moves elements of any type by their bits.
protocol BitsPreparation {
  func node<Bits: FixedWidthInteger & BitwiseCopyable & SendableMetatype>(_: Bits.Type)
    -> PreparedNode
}

extension BitsPreparation {
  @inline(__always)
  func node(forBytes width: Int) -> PreparedNode {
    switch width {
    case 1: node(UInt8.self)
    case 2: node(UInt16.self)
    case 4: node(UInt32.self)
    default: node(UInt64.self)
    }
  }
}

extension NodeRun {
  /// An input's elements by their bits.
  func inputBits<Bits: BitwiseCopyable>(_ index: Int, as _: Bits.Type) -> UnsafePointer<Bits> {
    inputBytes(index).assumingMemoryBound(to: Bits.self)
  }

  /// An output's elements by their bits.
  func outputBits<Bits: BitwiseCopyable>(
    _ index: Int = 0, as _: Bits.Type
  ) -> UnsafeMutablePointer<Bits> {
    outputBytes(index).assumingMemoryBound(to: Bits.self)
  }
}
